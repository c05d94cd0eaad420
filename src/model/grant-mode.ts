/**
 * How far a description goes. `additive`: what is named is made so, everything else stays. `exact`: in what is
 * described (the list of delegates, a folder's list) nothing else may be there; what is not described is never
 * touched.
 */
export const GRANT_MODES = ['additive', 'exact'] as const
export type GrantMode = (typeof GRANT_MODES)[number]
