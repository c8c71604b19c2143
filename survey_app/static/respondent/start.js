// The secret stands behind # and is never sent by the browser: put it into the form and out of the address bar.
(() => {
  const secret = location.hash.slice(1);
  const box = document.getElementById("code");
  if (!secret || !box) return;
  history.replaceState(null, "", location.pathname + location.search);
  box.value = secret;
  const ready = document.getElementById("code-ready");
  if (ready) {
    document.getElementById("code-box").hidden = true;
    ready.hidden = false;
  }
})();
