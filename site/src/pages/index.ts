// The list of all pages, with a picture each.
import pages from "../pages.json";
import { element } from "../parts/dom.ts";

const body = document.getElementById("body")!;
const list = element("ul", body, { className: "cards" });
for (const { name, title, hint } of pages.filter((page) => page.name !== "index")) {
  const link = element("a", element("li", list), { href: `${name}.html`, className: "card" });
  element("img", link, { src: `pictures/${name}.webp`, alt: "", width: 480, height: 300 });
  element("h2", link, { textContent: title });
  element("p", link, { textContent: hint });
}
body.dataset.ready = "";
