import {getAsset, isSea} from 'node:sea';

/** Whether this is the executable that holds Node, the program and what it reads (packaging/single-file.js). */
export const isSingleFile: boolean = isSea();

/** The text of a file that was put into the executable; throws where there is none of that name. */
export const readAsset = (name: string): string => getAsset(name, 'utf8');
