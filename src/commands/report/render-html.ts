import type {Block, Page} from './report-page.ts';

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:66rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}
th,td{border:1px solid #8886;padding:.25rem .6rem;text-align:left;vertical-align:top}
pre{overflow-x:auto;padding:.75rem;border:1px solid #8886;font-size:.85rem}
summary{cursor:pointer;margin:.5rem 0}
svg{max-width:100%;height:auto}
`;

/** One file that loads nothing and runs nothing; the policy in it holds a browser to that. */
export const renderHtml = ({title, lead, sections}: Page): string =>
  `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width"/>
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p>${escape(lead)}</p>
${sections.map((section) => `<h2>${escape(section.title)}</h2>\n${section.blocks.map(renderBlock).join('\n')}`).join('\n')}
</body>
</html>
`;

const renderBlock = (block: Block): string => {
  if (block.kind === 'picture') return `<figure>\n${block.svg}</figure>`;
  if (block.kind === 'text') return `<p>${escape(block.text)}</p>`;
  if (block.kind === 'list') return `<ul>\n${block.items.map((item) => `<li>${escape(item)}</li>`).join('\n')}\n</ul>`;
  if (block.kind === 'code')
    return `<details><summary>${escape(block.title)}</summary>\n<pre>${escape(block.text)}</pre></details>`;
  const row = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>\n${[row(block.head, 'th'), ...block.rows.map((cells) => row(cells, 'td'))].join('\n')}\n</table>`;
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
