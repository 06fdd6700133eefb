import type {FileFacts} from '../../host/facts.ts';
import {mkinitcpioConfPath, mkinitcpioDropInDirectory} from './mkinitcpio-files.ts';

/** Hooks of the image: of mkinitcpio.conf and of the drop-ins behind it; `null` where they are no plain bash array. */
export const readHooks = (files: Readonly<Record<string, FileFacts>>): readonly string[] | null => {
  const dropIns = Object.keys(files).filter((path) => path.startsWith(`${mkinitcpioDropInDirectory}/`) && path !== mkinitcpioConfPath);
  let hooks: readonly string[] | null = null;
  for (const path of ['/etc/mkinitcpio.conf', ...dropIns.sort()]) {
    const text = files[path]?.text ?? '';
    const assignments = [...withoutComments(text).matchAll(/^[\t ]*HOOKS(\+?)=(?:\(([^()$`\\]*)\))?/gm)];
    for (const [, plus, list] of assignments) {
      if (list === undefined || (plus === '+' && hooks === null)) return null;
      const words = list.split(/\s+/).map((word) => word.replaceAll(/["']/g, '')).filter((word) => word !== '');
      hooks = plus === '+' ? [...(hooks ?? []), ...words] : words;
    }
  }
  return hooks;
};

const withoutComments = (text: string): string => text.replaceAll(/(^|\s)#.*$/gm, '$1');
