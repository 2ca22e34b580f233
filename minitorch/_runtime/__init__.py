"""What makes it fast, and teaches nothing about autodiff: skip it at first.

tuning     settled before NumPy is loaded: memory, and BLAS's threads and kernels
blas       the BLAS behind NumPy's matrix products
threads    large kernels shared among the processor's cores
"""
