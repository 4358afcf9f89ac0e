// [data-languages]: the switch remembers the choice, keeps the place on the page, closes like a menu,
// and offers the reader's own language in one quiet line.
const menu = document.querySelector("[data-languages]");
const links = menu ? [...menu.querySelectorAll("a[hreflang]")] : [];
const year = 60 * 60 * 24 * 365;

const remember = (code) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `lang=${code}; Path=/; Max-Age=${year}; SameSite=Lax${secure}`;
};

// The row or section at the top of the screen, so that the other language opens at the same place.
const place = () => {
  const marks = document.querySelectorAll("main [id]");
  let found = "";
  for (const mark of marks) {
    if (mark.getBoundingClientRect().top > 140) break;
    found = mark.id;
  }
  return window.scrollY > 80 && found ? `#${found}` : location.hash;
};

const follow = (event) => {
  const link = event.target.closest("a[hreflang]");
  if (!link) return;
  remember(link.hreflang);
  link.hash = place();
  if (link.pathname.slice(3) === location.pathname.slice(3)) link.search = location.search; // a filter may have changed it
};

menu?.addEventListener("click", follow);
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus({ preventScroll: true });
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

const wanted = document.documentElement.dataset.offer; // static/js/early.js
const offer = document.querySelector("[data-language-offer]");
const target = links.find((link) => link.hreflang === wanted);
if (offer && target) {
  const link = document.createElement("a");
  link.href = target.href;
  link.hreflang = link.lang = wanted;
  link.textContent = target.dataset.offer;
  link.addEventListener("click", follow);
  offer.replaceChildren(link);
}
