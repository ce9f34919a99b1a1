// What all fields of one form share: where their schemas are defined, what is wrong, what could be written.
import { inject, provide, type InjectionKey } from 'vue'

import type { Definitions, Path, Problem, Schema } from './schema'

export interface Suggestion {
  value: string
  /** Words beside the value: whose OpenID it is. */
  title?: string
}

/** Values that the page knows for a field; none for most. */
export type Suggest = (path: Path, schema: Schema) => readonly Suggestion[]

export interface FormContext {
  definitions: () => Definitions
  problemsAt: (path: Path) => readonly Problem[]
  suggest: Suggest
  /** A field was left: from now on it also says that it is missing. */
  leave: (path: Path) => void
  isChecked: (path: Path) => boolean
  testid: () => string
}

const FORM: InjectionKey<FormContext> = Symbol('form')

export function provideForm(context: FormContext): void {
  provide(FORM, context)
}

export function useForm(): FormContext {
  return inject(FORM)!
}
