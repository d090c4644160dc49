"""Every network family of the study behind one interface: bodies, objectives, pretraining.

The bundle's own encoder is trained by ``build_bundle.train``; here stand the families it is compared with.
"""
