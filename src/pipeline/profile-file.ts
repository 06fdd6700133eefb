import {deviceFormats} from '../devices/device-kinds.ts';
import {type DecodedProfile, decodeProfile as decode} from '../profile/decode-profile.ts';
import type {DeviceFormat} from '../profile/device-format.ts';
import {type DeviceNames, encodeProfile as encode} from '../profile/encode-profile.ts';
import {editProfile as edit} from '../profile/edit-profile.ts';
import {type DocumentedKey, documentedKeys as describeKeys} from '../profile/keys.ts';
import {profileSchema as schema} from '../profile/profile-schema.ts';
import type {JsonSchema} from '../profile/codec.ts';
import type {WrittenProfile} from '../profile/profile.ts';

/** The profile file with the kinds of devices that this program knows; a test may hand in others. */
export const decodeProfile = (
  text: string,
  file: string,
  formats: readonly DeviceFormat[] = deviceFormats,
): DecodedProfile => decode(text, file, formats);

export const encodeProfile = (
  profile: WrittenProfile,
  names: DeviceNames = {},
  formats: readonly DeviceFormat[] = deviceFormats,
): string => encode(profile, names, formats);

/** The text of a profile that was opened, with another profile in it; comments and what means the same stay. */
export const editProfile = (text: string, profile: WrittenProfile, names: DeviceNames = {}): string =>
  edit(text, profile, names, deviceFormats);

export const profileSchema = (): JsonSchema => schema(deviceFormats);

export const documentedKeys = (): readonly DocumentedKey[] => describeKeys(deviceFormats);
