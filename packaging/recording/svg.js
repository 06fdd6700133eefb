/** Frames of a terminal as one picture that moves by CSS alone, as pages of code allow it: no script, no font of its own. */

const [cellWidth, cellHeight, margin, titleHeight] = [8.4, 17, 12, 34];

const colors = {text: '#d8dee9', background: '#15181e', title: '#20242c', muted: '#8b95a7'};
/** The sixteen colours of a terminal. */
const palette = [
  ['#3b4252', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dee9'],
  ['#6b7689', '#ef7d86', '#a9d48a', '#f6d18c', '#72c0ff', '#d789ee', '#67c7d3', '#ffffff'],
].flat();

const colorOf = (color, otherwise) => {
  if (color === null) return otherwise;
  if (Array.isArray(color)) return `rgb(${color.join(',')})`;
  if (color < 16) return palette[color];
  if (color >= 232)
    return `rgb(${Array(3)
      .fill(8 + 10 * (color - 232))
      .join(',')})`;
  const part = (divisor) => [0, 95, 135, 175, 215, 255][Math.floor((color - 16) / divisor) % 6];
  return `rgb(${part(36)},${part(6)},${part(1)})`;
};

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const round = (number) => Number(number.toFixed(2));

const renderPiece = ({column, text, style}) => {
  const [front, back] = [colorOf(style.color, colors.text), colorOf(style.background, colors.background)];
  const [color, background] = style.inverse ? [back, front] : [front, back];
  const [x, width] = [round(column * cellWidth), round([...text].length * cellWidth)];
  const behind =
    background === colors.background
      ? ''
      : `<rect x="${x}" width="${width}" height="${cellHeight}" fill="${background}"/>`;
  if (text.trim() === '') return behind;
  const looks = `${color === colors.text ? '' : ` fill="${color}"`}${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ' opacity=".6"' : ''}`;
  // The length holds the grid whatever the reader's font is.
  return `${behind}<text x="${x}" y="13" textLength="${width}" lengthAdjust="spacingAndGlyphs"${looks}>${escape(text)}</text>`;
};

/** The piece without the blanks around it. */
const trim = ({column, text, style}) => {
  if (style.inverse || style.background !== null) return {column, text, style};
  const start = text.length - text.trimStart().length;
  return {column: column + start, text: text.trim(), style};
};

/**
 * `frames`: each with `rows` of pieces, the `seconds` for which it is shown, and a `caption`.
 * `still`: the index of the frame for readers who want no motion.
 */
export const renderRecording = (frames, {columns, rows, title, still}) => {
  const width = round(columns * cellWidth + 2 * margin);
  const height = titleHeight + rows * cellHeight + 2 * margin;
  const total = frames.reduce((sum, {seconds}) => sum + seconds, 0);
  const shapes = new Map();
  const shapeOf = (row) => {
    const content = row.map((piece) => renderPiece(trim(piece))).join('');
    if (content !== '' && !shapes.has(content)) shapes.set(content, `r${shapes.size}`);
    return shapes.get(content) ?? null;
  };
  let begin = 0;
  const styles = [];
  const groups = frames.map(({rows: shown, seconds, caption}, index) => {
    const at = (time) => `${round((100 * time) / total)}%`;
    const end = begin + seconds;
    const [first, last] = [
      index === 0 ? '' : '0%{visibility:hidden}',
      index === frames.length - 1 ? '' : `${at(end)}{visibility:hidden}`,
    ];
    styles.push(`@keyframes f${index}{${first}${at(begin)}{visibility:visible}${last}}`);
    styles.push(`#f${index}{animation-name:f${index}}`);
    begin = end;
    const lines = shown.flatMap((row, place) => {
      const shape = shapeOf(row);
      return shape === null ? [] : [`<use href="#${shape}" y="${place * cellHeight}"/>`];
    });
    return `<g id="f${index}" class="f"><text x="${width / 2 - margin}" y="${-margin - 12}" text-anchor="middle" fill="${colors.muted}" font-family="sans-serif">${escape(caption)}</text>${lines.join('')}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="14" fill="${colors.text}">
<title>${escape(title)}</title>
<style>
text{white-space:pre}
.f{visibility:hidden;animation:${total}s step-end infinite}
${styles.join('\n')}
@media(prefers-reduced-motion:reduce){.f{animation:none}#f${still}{visibility:visible}}
</style>
<defs>
${[...shapes].map(([content, id]) => `<g id="${id}">${content}</g>`).join('\n')}
</defs>
<rect width="${width}" height="${height}" rx="8" fill="${colors.background}"/>
<path d="M0 ${titleHeight}V8a8 8 0 0 1 8-8h${round(width - 16)}a8 8 0 0 1 8 8v${titleHeight - 8}z" fill="${colors.title}"/>
<circle cx="18" cy="17" r="5" fill="#e06c75"/><circle cx="36" cy="17" r="5" fill="#e5c07b"/><circle cx="54" cy="17" r="5" fill="#98c379"/>
<g transform="translate(${margin} ${titleHeight + margin})">
${groups.join('\n')}
</g>
</svg>
`;
};
