/** The contexts of an expression: `github`, `vars`, `inputs`, `steps`, … */
export type Contexts = Readonly<Record<string, unknown>>;

type Token = { readonly kind: 'text' | 'name' | 'mark'; readonly value: string };

const TOKEN = /\s*(?:'((?:[^']|'')*)'|([A-Za-z_][\w-]*)|(==|!=|&&|\|\||[!().,[\]]))/y;

/**
 * Evaluates an expression of GitHub's workflows: the part of the language that the examples use. What is not there is
 * the empty string, as `null` and '' are equal there.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */
export function evaluate(expression: string, contexts: Contexts): unknown {
  const parser = new Parser(tokenise(expression), contexts);
  const value = parser.either();
  parser.end();
  return value;
}

/** Replaces each `${{ … }}` of a text. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => String(evaluate(expression, contexts)));
}

/** Whether a step or job with this `if` runs; without a status function it runs only while nothing has failed. */
export function isMet(condition: string | undefined, contexts: Contexts, hasFailed = false): boolean {
  const text = (condition ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
  if (hasFailed && !/\b(always|cancelled|failure)\(/.test(text)) return false;
  return isTrue(evaluate(text, contexts));
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; text.slice(end).trim() !== ''; end = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`cannot read "${text.slice(end)}"`);
    const [, string, name, mark] = match;
    if (string !== undefined) tokens.push({ kind: 'text', value: string.replaceAll("''", "'") });
    else tokens.push(name === undefined ? { kind: 'mark', value: mark ?? '' } : { kind: 'name', value: name });
  }
  return tokens;
}

function isTrue(value: unknown): boolean {
  return value !== '' && value !== false && value !== 0 && value !== null && value !== undefined;
}

const FUNCTIONS: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
  success: () => true,
  always: () => true,
  cancelled: () => false,
  failure: () => false,
  fromjson: (text) => JSON.parse(String(text)),
};

class Parser {
  readonly #tokens: readonly Token[];
  readonly #contexts: Contexts;
  #at = 0;

  constructor(tokens: readonly Token[], contexts: Contexts) {
    this.#tokens = tokens;
    this.#contexts = contexts;
  }

  end(): void {
    const rest = this.#tokens[this.#at];
    if (rest) throw new Error(`did not expect "${rest.value}"`);
  }

  either(): unknown {
    let value = this.#both();
    while (this.#take('||')) {
      const other = this.#both();
      value = isTrue(value) ? value : other;
    }
    return value;
  }

  #both(): unknown {
    let value = this.#comparison();
    while (this.#take('&&')) {
      const other = this.#comparison();
      value = isTrue(value) ? other : value;
    }
    return value;
  }

  #comparison(): unknown {
    const value = this.#not();
    if (this.#take('==')) return String(value) === String(this.#not());
    if (this.#take('!=')) return String(value) !== String(this.#not());
    return value;
  }

  #not(): unknown {
    return this.#take('!') ? !isTrue(this.#not()) : this.#value();
  }

  #value(): unknown {
    if (this.#take('(')) {
      const value = this.either();
      this.#expect(')');
      return value;
    }
    const token = this.#tokens[this.#at++];
    if (!token || token.kind === 'mark') throw new Error(`did not expect "${token?.value ?? 'the end'}"`);
    if (token.kind === 'text') return token.value;
    return this.#take('(') ? this.#call(token.value) : this.#members(this.#constant(token.value));
  }

  #constant(name: string): unknown {
    if (name === 'true' || name === 'false') return name === 'true';
    if (!(name in this.#contexts)) throw new Error(`no context "${name}"`);
    return this.#contexts[name];
  }

  #call(name: string): unknown {
    const values: unknown[] = [];
    while (!this.#take(')')) {
      values.push(this.either());
      this.#take(',');
    }
    const work = FUNCTIONS[name.toLowerCase()];
    if (!work) throw new Error(`no function "${name}"`);
    return work(...values);
  }

  #members(of: unknown): unknown {
    let value = of;
    for (;;) {
      let name: string;
      if (this.#take('.')) name = this.#tokens[this.#at++]?.value ?? '';
      else if (this.#take('[')) {
        name = String(this.either());
        this.#expect(']');
      } else return value ?? '';
      value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : '';
    }
  }

  #take(mark: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'mark' || token.value !== mark) return false;
    this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw new Error(`expected "${mark}"`);
  }
}
