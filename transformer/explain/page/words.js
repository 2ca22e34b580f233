// Text in the language that the reader chose. Each text stands beside the view that shows it.

let language = "en";

export function setLanguage(lang) {
  language = lang;
}

/**
 * words({en: "{0} of {1} heads", zh: "{1} 个头中的 {0} 个"}, 2, 4) → "2 of 4 heads"
 */
export function words(texts, ...values) {
  return texts[language].replace(/\{(\d)\}/g, (_, i) => String(values[i]));
}
