/** Asks for a password as commands do and tells what came of it, but never the password; run at a terminal by the test. */
import { readNewPassword } from './password-input.ts'

try {
  const { password, generated } = await readNewPassword({})
  console.log(`${generated ? 'generated' : 'typed'} ${password.length} characters`)
} catch (error) {
  console.log(`refused: ${(error as Error).message}`)
}
