/** A name for the profile, and for its file, from a guest's name: small letters, digits and hyphens. */
export const profileNameOf = (guest: string): string =>
  guest
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '') || 'guest';
