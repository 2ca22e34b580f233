/** Another question to begin with: of the same length, if the held-out examples have one. */
export function otherQuestion({ data: { examples, question, source } }) {
  const others = examples.map(([text]) => text).filter((text) => text !== source);
  return others.find((text) => text.length === source.length) ?? others[0] ?? question;
}
