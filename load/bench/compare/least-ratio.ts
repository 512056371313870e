/**
 * The quick bench fails if Postern answers fewer pages of 20 for each of the plain stack's. The ratio is well below the
 * measured ones, because machines differ and run other work too.
 */
export const leastRatioToPlainStack = 10;
