// Pointing at a quote, or reaching it by keyboard, shows its card beside it and marks all its parts. Nothing here is
// needed: without scripts every part is a link to its card, and every card a link to its place.
(() => {
  "use strict";
  let hover = null;
  const clear = () => {
    document.querySelectorAll(".on").forEach((part) => part.classList.remove("on"));
    if (hover) hover.remove();
    hover = null;
  };
  const show = (part) => {
    clear();
    const article = part.closest("article");
    const ids = part.dataset.q.split(" ");
    article.querySelectorAll("[data-q]").forEach((other) => {
      if (other.dataset.q.split(" ").some((id) => ids.includes(id))) other.classList.add("on");
    });
    if (!part.classList.contains("p")) return;
    hover = document.createElement("div");
    hover.id = "hover";
    hover.setAttribute("aria-hidden", "true"); // the card itself is what a screen reader is led to
    ids.slice(-2).reverse().forEach((id) => {
      const card = document.getElementById(`${article.id}-${id}`);
      if (!card) return;
      const copy = card.cloneNode(true);
      copy.removeAttribute("id");
      copy.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", "-1"));
      hover.append(copy);
    });
    document.body.append(hover);
    const box = part.getClientRects()[0] || part.getBoundingClientRect();
    const size = hover.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - size.width - 8));
    const below = box.bottom + 8 + size.height <= window.innerHeight || box.top < size.height + 8;
    hover.style.left = `${left + window.scrollX}px`;
    hover.style.top = `${(below ? box.bottom + 8 : box.top - size.height - 8) + window.scrollY}px`;
  };
  const find = (event) => event.target.closest && event.target.closest("main [data-q]");
  document.addEventListener("mouseover", (event) => (find(event) ? show(find(event)) : clear()));
  document.addEventListener("focusin", (event) => find(event) && show(find(event)));
  document.addEventListener("focusout", clear);
  document.addEventListener("keydown", (event) => event.key === "Escape" && clear());
})();
