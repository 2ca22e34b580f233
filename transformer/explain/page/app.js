const data = JSON.parse(document.getElementById("data").textContent);
document.getElementById("app").textContent = `${data.source} → ${data.answer}`;
