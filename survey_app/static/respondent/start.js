// The secret stands behind # and is never sent by the browser: put it into the form and out of the address bar.
(() => {
  const box = document.getElementById("code");
  const ready = document.getElementById("code-ready");
  const read = () => {
    const secret = location.hash.slice(1);
    if (secret) {
      history.replaceState(null, "", location.pathname + location.search);
      box.value = secret;
    }
    if (ready && box.value && (secret || !document.getElementById("summary"))) {
      document.getElementById("code-box").hidden = true;
      ready.hidden = false;
    }
  };
  if (!box) return;
  read();
  addEventListener("hashchange", read); // a link that is opened where the page is already open
})();
