# SPDX-License-Identifier: MIT
"""The stages between samples and values. All have one form:

    feed(samples)   takes in samples: sound as bytes of int16, accelerations as a full Windows
    fields()        the fields of the samples since the last call, (name, value) each; None if
                    there are too few samples yet
    gap()           samples were lost before the next ones
    close()         saves the data that the stage has learned

A stage depends neither on the source of its samples nor on the target of its fields.
"""
