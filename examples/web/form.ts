/** What is in a form's fields of text, by their names. */
export const textsOf = (form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>;
