"use strict";
(() => {
  const data = JSON.parse(document.getElementById("glyphs").textContent);
  const dialog = document.querySelector("dialog");
  const title = dialog.querySelector("h3");
  const list = dialog.querySelector("ul");
  const percent = (share) => `${(100 * share).toFixed(share > 0.9995 ? 2 : 1)} %`;

  const picture = (id) => {
    const [label, answer, confidence, name] = data.info[id];
    const item = document.createElement("li");
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    const caption = document.createElement("figcaption");
    image.src = `data:image/png;base64,${data.png[id]}`;
    image.alt = `${name}, labeled ${label}, read as ${answer}`;
    image.width = image.height = 112;
    caption.textContent = `${name}, ${percent(confidence)}`;
    figure.append(image, caption);
    item.append(figure);
    return item;
  };

  const open = (button) => {
    const ids = data.cells[button.dataset.cell];
    const part = ids.length < Number(button.textContent) ? `; ${ids.length} of them, evenly chosen` : "";
    title.textContent = button.getAttribute("aria-label") + part;
    list.replaceChildren(...ids.map(picture));
    dialog.showModal();
  };

  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const move = (event) => {
    const step = steps[event.key];
    if (!step) return;
    let [row, column] = event.target.dataset.cell.split("-").map(Number);
    for (row += step[0], column += step[1]; row >= 0 && row < 10 && column >= 0 && column < 10; row += step[0], column += step[1]) {
      const next = document.querySelector(`button[data-cell="${row}-${column}"]`);
      if (next) {
        event.preventDefault();
        next.focus();
        return;
      }
    }
  };

  for (const button of document.querySelectorAll("button[data-cell]")) {
    button.addEventListener("click", () => open(button));
    button.addEventListener("keydown", move);
  }
  const markScrolling = () => {
    for (const box of document.querySelectorAll(".wide")) {
      const scrolls = box.scrollWidth > box.clientWidth;
      box.classList.toggle("scrolls", scrolls);
      if (scrolls) box.tabIndex = 0;
    }
  };
  markScrolling();
  window.addEventListener("resize", markScrolling);
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
})();
