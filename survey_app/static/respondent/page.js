// Comfort only: the server checks the same again.
(() => {
  const told = document.getElementById("summary") || document.getElementById("notice");
  if (told) told.focus();
  const form = document.getElementById("questions");
  const unsent = document.getElementById("unsent");
  let busy = false;
  // Ask for the next address instead of going there: when the line drops, the page with its answers is still here.
  const save = async () => {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/plain" }, redirect: "manual", signal: AbortSignal.timeout(30000) });
    if (answer.type === "opaqueredirect") return location.assign("/p/tiep");
    const plain = (answer.headers.get("Content-Type") || "").startsWith("text/plain");
    return plain ? location.assign(await answer.text()) : form.submit(); // something to mend: the same again, as a page
  };
  if (form && window.fetch && AbortSignal.timeout) {
    form.addEventListener("submit", async (event) => {
      if (event.submitter && event.submitter.name === "look") return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      unsent.hidden = true;
      try {
        await save();
      } catch {
        unsent.hidden = false;
        unsent.focus();
        busy = false;
      }
    });
  }
  document.querySelectorAll("fieldset").forEach((fieldset) => {
    fieldset.addEventListener("change", (event) => {
      const box = event.target;
      if (box.type === "checkbox" && box.checked && box.name === fieldset.id) {
        fieldset.querySelectorAll("input[type=checkbox]").forEach((other) => {
          if (other !== box && (box.dataset.alone !== undefined || other.dataset.alone !== undefined)) other.checked = false;
        });
      }
      const number = fieldset.querySelector(".number input");
      if (number && box.type === "radio" && box.checked) number.value = "";
    });
    const number = fieldset.querySelector(".number input");
    if (number) {
      number.addEventListener("input", () => {
        if (number.value) fieldset.querySelectorAll("input[type=radio]").forEach((radio) => { radio.checked = false; });
      });
    }
  });
})();
