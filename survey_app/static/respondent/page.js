// Comfort only: the server checks the same again.
(() => {
  const told = document.getElementById("summary") || document.getElementById("notice");
  if (told) told.focus();
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
