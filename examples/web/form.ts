/** Returns the values of a form's text fields, by their names. */
export const textsOf = (form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>;
