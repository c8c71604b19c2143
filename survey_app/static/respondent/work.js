// An open link: find a number whose hash begins with zeros, before the form begins. It keeps machines from flooding the survey.
(() => {
  const form = document.getElementById("begin");
  const box = document.getElementById("work");
  if (!form || !window.crypto || !crypto.subtle) return;
  const words = box.dataset.challenge;
  const bits = Number(box.dataset.bits);
  const isHard = (hash) => {
    const view = new DataView(hash);
    return view.getUint32(0) >>> (32 - bits) === 0;
  };
  const find = async () => {
    const start = Math.floor(Math.random() * 1e9);
    for (let number = start; ; number++) {
      const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${words}:${number}`));
      if (isHard(hash)) return number;
    }
  };
  const found = find().then((number) => { box.value = number; });
  form.addEventListener("submit", (event) => {
    if (box.value) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    found.then(() => form.submit());
  });
})();
