/**
 * How many pages of 20 Postern has to answer for each of the plain stack's, or the quick bench fails. It stands well
 * below what was reached, because machines differ and others use them too.
 */
export const leastRatioToPlainStack = 10;
