// An answer of 400 or more is swapped in only when it was made for a form: `Vary: HX-Request` says so. A poll that fails,
// or an answer that somebody in between has made up, leaves the page as it is.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const forForm = /\bhx-request\b/i.test(ctx.response.headers.get("Vary") ?? "");
  if (ctx.response.status >= 400 && !forForm) ctx.swap = "none";
});
