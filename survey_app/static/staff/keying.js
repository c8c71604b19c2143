// Enter goes on to the next box, as on a calculator; only the button sends the form.
(() => {
  const form = document.querySelector(".ls-keying");
  const boxes = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
  (form.querySelector("[aria-invalid]") || boxes[0]).focus();
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    boxes[boxes.indexOf(event.target) + 1].focus();
  });
})();
