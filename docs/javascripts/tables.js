// Each cell of a table carries the heading of its column: site.css shows it where a row is a block.
for (const table of document.querySelectorAll(".md-typeset table:not([class])")) {
  const headings = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  for (const row of table.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, index) => {
      if (headings[index]) cell.dataset.column = headings[index];
    });
  }
}
