import * as oauth from "oauth4webapi";
import type { SignInConfig } from "@/api/config";

/** What the identity provider gave to someone who signed in. */
export interface Session {
  accessToken: string;
  refreshToken: string | null;
  /** When the access token ends, in milliseconds since 1970. */
  expiresAt: number;
  /** Who it is, as a person would say it. */
  name: string;
}

/** A sign-in that was begun: what its end must prove, and where the person then wants to be. */
export interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  /** Null where a page in another tab waits for the sign-in. */
  returnTo: string | null;
}

export const newPending = (returnTo: string | null): Pending => ({
  state: oauth.generateRandomState(),
  nonce: oauth.generateRandomNonce(),
  verifier: oauth.generateRandomCodeVerifier(),
  returnTo,
});

/** The provider no longer renews this session: the person must sign in again. */
export class SessionEnded extends Error {}

/** Cognito as an OpenID provider (code grant with PKCE); `redirectUri` is where it sends people back to. */
export function makeProvider({ issuer, url, clientId, scope }: SignInConfig, redirectUri: string) {
  const server: oauth.AuthorizationServer = { issuer, token_endpoint: `${url}/oauth2/token`, revocation_endpoint: `${url}/oauth2/revoke` };
  const client: oauth.Client = { client_id: clientId };
  const anyone = oauth.None(); // a public client has nothing to prove itself with
  // Only a provider on this very machine may do without TLS.
  const options = { [oauth.allowInsecureRequests]: ["127.0.0.1", "localhost"].includes(new URL(url).hostname) };

  return {
    /** The address of the page where the person signs in. */
    async pageFor({ state, nonce, verifier }: Pending): Promise<string> {
      const query = new URLSearchParams({
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return `${url}/oauth2/authorize?${query.toString()}`;
    },

    /** End a sign-in: exchange the code that the provider sent the person back with. */
    async finish(answer: URL, { state, nonce, verifier }: Pending): Promise<Session> {
      const parameters = oauth.validateAuthResponse(server, client, answer, state);
      const response = await oauth.authorizationCodeGrantRequest(server, client, anyone, parameters, redirectUri, verifier, options);
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      const name = claims?.["email"] ?? claims?.["cognito:username"] ?? claims?.sub;
      return { ...timed(tokens), refreshToken: tokens.refresh_token ?? null, name: String(name) };
    },

    /** Get a new access token. Throws `SessionEnded` if the provider refuses. */
    async renew(session: Session): Promise<Session> {
      if (session.refreshToken === null) throw new SessionEnded();
      const response = await oauth.refreshTokenGrantRequest(server, client, anyone, session.refreshToken, options);
      try {
        const tokens = await oauth.processRefreshTokenResponse(server, client, response);
        return { ...session, ...timed(tokens), refreshToken: tokens.refresh_token ?? session.refreshToken };
      } catch (problem) {
        if (problem instanceof oauth.ResponseBodyError) throw new SessionEnded();
        throw problem;
      }
    },

    /** Tell the provider to renew this session for nobody any more. */
    async revoke({ refreshToken }: Session): Promise<void> {
      if (refreshToken !== null) await oauth.revocationRequest(server, client, anyone, refreshToken, options);
    },

    /** The address that forgets the person at the provider and leads back. */
    signOutPage: (returnTo: string) => `${url}/logout?${new URLSearchParams({ client_id: clientId, logout_uri: returnTo }).toString()}`,
  };
}
export type Provider = ReturnType<typeof makeProvider>;

const timed = (tokens: oauth.TokenEndpointResponse) => ({
  accessToken: tokens.access_token,
  expiresAt: Date.now() + (tokens.expires_in ?? 0) * 1000,
});
