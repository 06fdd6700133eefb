import type {PlanContext} from './context.ts';

/** A guest that starts by itself on a host that its set-up broke makes each boot end the same way. */
export const judgeAutostart = (context: PlanContext): void => {
  const {name} = context.profile.guest;
  if (context.facts.libvirt.domains.find((domain) => domain.name === name)?.isAutostart !== true) return;
  context.report('warning', 'guest-autostart', {
    subject: 'guest.name',
    message: `libvirt starts ${name} at every boot, so at the next one it takes the card before anybody has seen that all is well; if the host hangs on that, it hangs each time.`,
    remedy: `Until \`vfio-pilot verify\` has kept every promise once: virsh autostart --disable ${name}; afterwards virsh autostart ${name}.`,
  });
};
