import type {GrubFacts} from '../../facts/boot.ts';
import type {HostFacts} from '../../facts/host-facts.ts';

export const grubFactsOf = ({boot: {own}}: HostFacts): GrubFacts | null => (own?.kind === 'grub' ? own : null);
