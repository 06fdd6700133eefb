/** What a terminal shows, from the escape sequences that tmux gives for it (SGR alone, ECMA-48 8.3.117). */

const plain = {color: null, background: null, bold: false, dim: false, inverse: false};

const changes = {
  0: plain,
  1: {bold: true},
  2: {dim: true},
  7: {inverse: true},
  22: {bold: false, dim: false},
  27: {inverse: false},
  39: {color: null},
  49: {background: null},
};

const applyCodes = (style, codes) => {
  let next = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index];
    if (code === 38 || code === 48) {
      const member = code === 38 ? 'color' : 'background';
      const isIndexed = codes[index + 1] === 5;
      const values = codes.slice(index + 2, index + (isIndexed ? 3 : 5));
      next = {...next, [member]: isIndexed ? values[0] : values};
      index += isIndexed ? 2 : 4;
    } else if (code in changes) next = {...next, ...changes[code]};
    else if (code >= 30 && code <= 37) next = {...next, color: code - 30};
    else if (code >= 40 && code <= 47) next = {...next, background: code - 40};
    else if (code >= 90 && code <= 97) next = {...next, color: code - 82};
    else if (code >= 100 && code <= 107) next = {...next, background: code - 92};
    else throw new Error(`The terminal was painted with SGR ${code}, which is not known here.`);
  }
  return next;
};

/** Rows of pieces in one style: `{column, text, style}`, where `column` is where it begins. tmux keeps a style from one row to the next. */
export const readScreen = (painted) => {
  let style = plain;
  return painted.split('\n').map((row) => {
    const pieces = [];
    let column = 0;
    for (const [index, part] of row.split('\u001b[').entries()) {
      const end = index === 0 ? -1 : part.indexOf('m');
      if (index > 0) style = applyCodes(style, part.slice(0, end).split(';').map(Number));
      const text = part.slice(end + 1);
      if (text !== '') pieces.push({column, text, style});
      column += [...text].length;
    }
    return pieces;
  });
};
