// Package zalooatest is for trying an Official Account without Zalo: a server
// that speaks the part of the OpenAPI a take-a-number account needs, and fails in
// the ways it is known to: refusals with status 200, refresh tokens that are good
// once, access tokens that end, a window that closes, signed webhooks that come
// again until they are taken.
package zalooatest
