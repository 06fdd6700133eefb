import {byTag, flag, listOf, literal, nullable, shape, text, wordOf} from '../../decode/decode.ts';
import type {
  BootFacts,
  BootSupport,
  DeploymentFacts,
  EntryChoice,
  EntryFacts,
  GrubEntry,
  GrubFacts,
  GrubMenu,
  InitramfsImage,
  LineEdit,
  NixosFacts,
  OstreeFacts,
  OwnBootFacts,
  UnifiedImage,
  XenMenuFacts,
} from '../boot.ts';

const texts = listOf(text);

const own = byTag<'kind', OwnBootFacts>('kind', {
  grub: shape<GrubFacts>({
    kind: literal('grub'),
    name: wordOf<GrubFacts['name']>({grub: true, grub2: true}),
    isUnderXen: flag,
    menu: nullable(
      shape<GrubMenu>({
        directory: text,
        running: nullable(shape<GrubEntry>({kernel: text, arguments: text, images: texts, preparation: texts})),
        readsCustom: flag,
        obeysNextEntry: flag,
        environmentObstacle: nullable(text),
      }),
    ),
  }),
  entries: shape<EntryFacts>({
    kind: literal('entries'),
    choice: shape<EntryChoice>({
      loader: nullable(text),
      selected: nullable(text),
      preferred: nullable(text),
      default: nullable(text),
      lastBooted: nullable(text),
      hasBootctl: flag,
    }),
    unifiedImages: listOf(shape<UnifiedImage>({path: text, isSigned: nullable(flag)})),
  }),
  ostree: shape<OstreeFacts>({
    kind: literal('ostree'),
    deployment: nullable(shape<DeploymentFacts>({commandLine: text, initramfsFiles: texts, isContainer: flag})),
  }),
  generation: shape<NixosFacts>({kind: literal('generation'), commandLine: nullable(text)}),
  'xen-menu': shape<XenMenuFacts>({
    kind: literal('xen-menu'),
    path: nullable(text),
    entry: nullable(shape<NonNullable<XenMenuFacts['entry']>>({hypervisor: text, kernel: text})),
  }),
});

export const bootShape = shape<BootFacts>({
  firmware: nullable(wordOf<'uefi' | 'bios'>({uefi: true, bios: true})),
  secureBoot: nullable(flag),
  lockdown: nullable(text),
  loader: nullable(text),
  loaderEvidence: texts,
  loaderCandidates: texts,
  initramfs: nullable(text),
  initramfsEvidence: texts,
  commandLine: nullable(text),
  next: nullable(texts),
  hypervisorNext: nullable(texts),
  kernels: texts,
  images: listOf(shape<InitramfsImage>({release: text, path: text})),
  watchdog: nullable(text),
  own: nullable(own),
  support: shape<BootSupport>({
    isWritten: flag,
    isProven: flag,
    claim: nullable(wordOf<'script' | 'rule'>({script: true, rule: true})),
    isDeclarative: flag,
    lineEdit: nullable(
      byTag<'by', LineEdit>('by', {
        command: shape<Extract<LineEdit, {by: 'command'}>>({by: literal('command'), add: text, remove: text}),
        file: shape<Extract<LineEdit, {by: 'file'}>>({by: literal('file'), path: text, place: text, refresh: text}),
      }),
    ),
  }),
});
