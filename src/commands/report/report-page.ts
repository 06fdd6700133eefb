/** A page for other people, before it is Markdown or HTML. All text is of the machine: printable, and not yet escaped. */
export type Page = {
  readonly title: string;
  /** One sentence under the title. */
  readonly lead: string;
  readonly sections: readonly Section[];
};

export type Section = {readonly title: string; readonly blocks: readonly Block[]};

export type Block =
  | {readonly kind: 'text'; readonly text: string}
  | {readonly kind: 'list'; readonly items: readonly string[]}
  | {readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]}
  /** Folded away under its title where it is long. */
  | {readonly kind: 'code'; readonly title: string; readonly language: 'text' | 'diff'; readonly text: string}
  /** A whole SVG document; left out where the form has no pictures. */
  | {readonly kind: 'picture'; readonly svg: string};

/** The page with every text passed through `change`. */
export const mapTexts = ({title, lead, sections}: Page, change: (text: string) => string): Page => ({
  title: change(title),
  lead: change(lead),
  sections: sections.map((section) => ({
    title: change(section.title),
    blocks: section.blocks.map((block) => changed(block, change)),
  })),
});

const changed = (block: Block, change: (text: string) => string): Block => {
  if (block.kind === 'text') return {...block, text: change(block.text)};
  if (block.kind === 'list') return {...block, items: block.items.map(change)};
  if (block.kind === 'table')
    return {...block, head: block.head.map(change), rows: block.rows.map((row) => row.map(change))};
  if (block.kind === 'code') return {...block, title: change(block.title), text: change(block.text)};
  return {...block, svg: change(block.svg)};
};
