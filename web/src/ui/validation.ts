// What a form says about a field that is not right yet, in the language of the pages instead of the browser's.
import { t } from '../i18n'

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

function isField(target: EventTarget | null): target is Field {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
}

/** The complaint about a field; empty when there is none. */
export function complaint(field: Field): string {
  const { validity } = field
  if (validity.valueMissing) return t('form.missing')
  if (validity.typeMismatch) return t(field.type === 'url' ? 'form.url' : 'form.wrong')
  if (validity.badInput) return t('form.number')
  if (!(field instanceof HTMLInputElement)) return validity.valid ? '' : t('form.wrong')
  if (validity.rangeUnderflow) return t('form.least', { limit: field.min })
  if (validity.rangeOverflow) return t('form.most', { limit: field.max })
  if (validity.tooShort) return t('form.short', { limit: field.minLength })
  if (validity.tooLong) return t('form.long', { limit: field.maxLength })
  return validity.patternMismatch || validity.stepMismatch ? t('form.wrong') : ''
}

/** Give every form of the document its words, until the returned function is called. */
export function wordForms(page: Document = document): () => void {
  const ask = ({ target }: Event): void => {
    if (!isField(target)) return
    target.setCustomValidity('')
    target.setCustomValidity(complaint(target))
  }
  const forget = ({ target }: Event): void => {
    if (isField(target)) target.setCustomValidity('')
  }
  page.addEventListener('invalid', ask, true)
  page.addEventListener('input', forget, true)
  page.addEventListener('change', forget, true)
  return () => {
    page.removeEventListener('invalid', ask, true)
    page.removeEventListener('input', forget, true)
    page.removeEventListener('change', forget, true)
  }
}
