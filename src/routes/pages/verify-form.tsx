/** What was asked; every field may be empty. */
export interface VerifyQuestion {
  readonly ref: string;
  readonly platform: string;
  readonly policy: string;
}

/** The form that asks; a plain one, so that its address is the question. */
export function VerifyForm({ question, policies }: { question: VerifyQuestion; policies: readonly string[] }) {
  return (
    <form method="get" action="/verify" class="card">
      <label class="wide">
        Image
        <input
          class="mono"
          name="ref"
          value={question.ref}
          required
          maxlength={500}
          placeholder="quay.io/owner/repository:tag"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
      </label>
      <PlatformField value={question.platform} />
      <label>
        Policy
        <select name="policy">
          {policies.map((name) => (
            <option value={name} selected={name === question.policy}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Verify</button>
    </form>
  );
}

function PlatformField({ value }: { value: string }) {
  return (
    <>
      <label>
        Platform
        <input
          class="mono"
          name="platform"
          value={value}
          maxlength={64}
          placeholder="every one"
          list="platforms"
          autocomplete="off"
        />
      </label>
      <datalist id="platforms">
        <option value="linux/amd64" />
        <option value="linux/arm64" />
      </datalist>
    </>
  );
}
