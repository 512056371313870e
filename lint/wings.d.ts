type Place = { readonly name: string; readonly what: string };

export const wings: readonly Place[];
export const doors: readonly Place[];
