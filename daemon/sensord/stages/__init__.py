# SPDX-License-Identifier: MIT
"""The stages between samples and values. All have one form:

    feed(samples)   takes in samples: sound as bytes of int16, accelerations as a full Windows
    fields()        the fields of what has been fed since the last call, (name, value) each; None
                    if there is nothing to tell yet
    gap()           samples were lost before the next ones
    close()         stores what the stage has learned

A stage knows nothing of where its samples come from nor of where its fields go.
"""
