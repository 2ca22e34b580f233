"""What makes minitorch fast, but explains nothing about autodiff: skip it at first.

tuning     settings made before NumPy is loaded: memory, and BLAS's threads and kernels
blas       the BLAS behind NumPy's matrix products
threads    a pool of threads for large kernels
parts      kernels computed part by part, on these threads
products   matrix products, and sums as matrix products
quiet      computing without NumPy's warnings
"""
