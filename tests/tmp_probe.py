def probe():
    import keras, json, numpy as np
    out={}
    def t(name,f):
        try: out[name]=f()
        except Exception as e: out[name]='ERR '+type(e).__name__+': '+str(e)[:300]
    L=keras.layers
    def varlen():
        m=keras.Sequential([L.Embedding(5,3),L.LSTM(2)]); m(np.array([[1,2,0,0]])); return m(np.array([[1,2]])).shape
    t('varlen',varlen)
    def varlen2():
        m=keras.Sequential([L.Embedding(5,3),L.LSTM(2)]); m.compile('sgd','mse'); m.predict(np.array([[1,2,0,0]]),verbose=0); return str(m.predict(np.array([[1,2]]),verbose=0).shape), m.get_config()['build_input_shape']
    t('varlen2',varlen2)
    def addafter():
        m=keras.Sequential([L.Dense(4)]); m(np.ones((4,3))); m.add(L.Dense(2)); return str(m(np.ones((4,3))).shape), len(m.weights)
    t('addafter',addafter)
    def seqbuildNone():
        m=keras.Sequential([L.Dense(4)]); m.build(); return m.built
    t('seqbuildNone',seqbuildNone)
    def early():
        class E(keras.Model):
            def __init__(self):
                self.d=L.Dense(2); super().__init__()
        E(); return 'ok'
    t('early',early)
    def save_seed():
        import h5py
        m=keras.Sequential([L.Input((3,)),L.Dropout(0.5),L.Dense(2)]); m.save_weights('/tmp/kk.weights.h5'); l=[]
        h5py.File('/tmp/kk.weights.h5').visit(l.append); return l
    t('save_seed',save_seed)
    def sub_dup():
        class S(keras.Model):
            def __init__(s): super().__init__(); s.a=[L.Dense(2)]; s.b={'x':L.Dense(2)}; s.c=[[L.Dense(2)],[L.Dense(2)]]
            def call(s,x): return s.c[0][0](s.c[1][0](s.a[0](s.b['x'](x))))
        import h5py
        m=S(); m(np.ones((2,2))); m.save_weights('/tmp/kk.weights.h5'); l=[]
        h5py.File('/tmp/kk.weights.h5').visit(l.append); return l
    t('sub_dup',sub_dup)
    return json.loads(json.dumps(out,default=str))
