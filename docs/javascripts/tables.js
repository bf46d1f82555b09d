// Each cell of a table carries the heading of its column: site.css shows it where a row is a block.
// A name that is too long for a column may be broken.
const LONGEST = 40; // characters

for (const table of document.querySelectorAll(".md-typeset table:not([class])")) {
  const headings = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  for (const row of table.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, index) => {
      if (headings[index]) cell.dataset.column = headings[index];
    });
  }
  for (const name of table.querySelectorAll("a, code")) {
    if (name.textContent.length > LONGEST) name.classList.add("long");
  }
}
