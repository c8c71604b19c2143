// On a shared device: 20 minutes without a touch, and what was typed is saved and the form locked; 2 minutes before, a warning.
(() => {
  const told = document.getElementById("idle");
  const after = told.dataset.after * 1000;
  const warning = told.dataset.warning * 1000;
  let last = Date.now();
  const touched = () => {
    last = Date.now();
    told.hidden = true;
  };
  const leave = () => {
    const page = document.getElementById("questions");
    if (!page) return document.getElementById("lock").submit();
    const lock = Object.assign(document.createElement("input"), { type: "hidden", name: "lock", value: "1" });
    page.append(lock);
    return page.submit();
  };
  ["click", "keydown", "input", "scroll"].forEach((kind) => addEventListener(kind, touched, { capture: true, passive: true }));
  const watch = setInterval(() => {
    const idle = Date.now() - last;
    if (idle >= after) {
      clearInterval(watch);
      leave();
    } else if (idle >= after - warning) told.hidden = false;
  }, 1000);
})();
