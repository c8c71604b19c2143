// The secret stands behind # and is never sent by the browser: put it into the form and out of the address bar.
(() => {
  const box = document.getElementById("code");
  const secret = location.hash.slice(1);
  if (!box || document.getElementById("summary")) return;
  if (secret) {
    history.replaceState(null, "", location.pathname + location.search);
    box.value = secret;
  }
  const ready = document.getElementById("code-ready");
  if (ready && box.value) {
    document.getElementById("code-box").hidden = true;
    ready.hidden = false;
  }
})();
