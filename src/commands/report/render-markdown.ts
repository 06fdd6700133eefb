import type {Block, Page} from './report-page.ts';

/** GitHub's Markdown, which most forums take. Pictures are left out: a forum shows none that is written into the text. */
export const renderMarkdown = ({title, lead, sections}: Page): string =>
  [
    `# ${escape(title)}`,
    escape(lead),
    ...sections.flatMap((section) => [`## ${escape(section.title)}`, ...section.blocks.flatMap(renderBlock)]),
  ].join('\n\n') + '\n';

const renderBlock = (block: Block): readonly string[] => {
  if (block.kind === 'picture') return [];
  if (block.kind === 'text') return [escape(block.text)];
  if (block.kind === 'list') return [block.items.map((item) => `- ${escape(item)}`).join('\n')];
  if (block.kind === 'table') {
    const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
    const rows = [block.head, ...block.rows].map((cells) => row(cells.map(escapeInline)));
    return [rows.toSpliced(1, 0, row(block.head.map(() => '---'))).join('\n')];
  }
  return [`<details><summary>${escape(block.title)}</summary>`, fenced(block.text, block.language), '</details>'];
};

/** A fence is longer than any row of backticks in what it holds. */
const fenced = (text: string, language: string): string => {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({length}) => length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language === 'text' ? '' : language}\n${text.replace(/\n$/, '')}\n${fence}`;
};

/** Text of a machine means nothing in Markdown or HTML: no link, picture or mention, and one line. */
const escapeInline = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/[\\`*_[\]|~]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/#(?=\d)/g, '&#35;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', ':&#47;/');

/** Nor a heading or a list, where a line begins with it. */
const escape = (text: string): string =>
  escapeInline(text).replace(/^(?:[#+>-]|\d+(?=[.)]))/, (start) =>
    /\d/.test(start) ? `${start}&#8203;` : `\\${start}`,
  );
