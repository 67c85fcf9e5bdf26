/** A view could not do its work. The message is one sentence for people; `view` names the view, where it is one. */
export class ViewError extends Error {
  override readonly name = 'ViewError';
  readonly view: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly view?: string | undefined } = {}) {
    super(message, options);
    this.view = options.view;
  }
}
