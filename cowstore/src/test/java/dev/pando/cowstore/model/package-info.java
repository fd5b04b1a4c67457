/**
 * What the store should do, said as plainly as possible: files as tables of byte arrays, with every
 * content a sector may have after a power loss. {@link dev.pando.cowstore.model.ModelStore} is the
 * way in; its operations are applied beside those of the real store and the two compared.
 */
package dev.pando.cowstore.model;
