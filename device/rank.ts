/** Numbers of the levels that are treated specially, as in `levels`. */
export const errorRank = 3;
export const fatalRank = 4;
