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
    const row = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;
    return [[row(block.head), row(block.head.map(() => '---')), ...block.rows.map(row)].join('\n')];
  }
  return [`<details><summary>${escape(block.title)}</summary>`, fenced(block.text, block.language), '</details>'];
};

/** A fence is longer than any row of backticks in what it holds. */
const fenced = (text: string, language: string): string => {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({length}) => length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language === 'text' ? '' : language}\n${text.replace(/\n$/, '')}\n${fence}`;
};

/** Text of a machine means nothing in Markdown or HTML: no link, picture, mention, heading or list, and one line. */
const escape = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/[\\`*_[\]|~]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/#(?=\d)/g, '&#35;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', ':&#47;/')
    .replace(/^(?:[#+>-]|\d+(?=[.)]))/, (start) => (/\d/.test(start) ? `${start}&#8203;` : `\\${start}`));
