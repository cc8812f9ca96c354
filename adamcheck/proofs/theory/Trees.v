(* Evaluation trees of sums, differences and products, with one theorem for all of them: a running error
   analysis, done once. *)

Require Import Reals Lra Psatz ZArith.
From Adamcheck Require Import Rounding Radius.
Open Scope R_scope.

Inductive tree :=
  | Held (x : R)                 (* a number that the program holds *)
  | Entered (a : tree)           (* entry into a coarser format, in its normal range *)
  | Opposite (a : tree)
  | Plus (a b : tree)
  | Minus (a b : tree)
  | Times (a b : tree)
  | Fma (a b c : tree).          (* a * b + c with one rounding *)

Section Trees.
Variables u e : R.
Hypothesis u_positive : 0 <= u.
Hypothesis e_positive : 0 <= e.

(* What a program may get for a tree. Each node is rounded by any rule, independently of all others. *)
Inductive computes : tree -> R -> Prop :=
  | held x : computes (Held x) x
  | entered a X Z : computes a X -> rounds u 0 X Z -> computes (Entered a) Z
  | opposite a X : computes a X -> computes (Opposite a) (- X)
  | plus a b X Y Z : computes a X -> computes b Y -> rounds u e (X + Y) Z -> computes (Plus a b) Z
  | minus a b X Y Z : computes a X -> computes b Y -> rounds u e (X - Y) Z -> computes (Minus a b) Z
  | times a b X Y Z : computes a X -> computes b Y -> rounds u e (X * Y) Z -> computes (Times a b) Z
  | fused a b c X Y W Z : computes a X -> computes b Y -> computes c W ->
      rounds u e (X * Y + W) Z -> computes (Fma a b c) Z.

Fixpoint value (t : tree) : R :=
  match t with
  | Held x => x
  | Entered a => value a
  | Opposite a => - value a
  | Plus a b => value a + value b
  | Minus a b => value a - value b
  | Times a b => value a * value b
  | Fma a b c => value a * value b + value c
  end.

(* The value with every number and every operation made positive: the scale of the errors. *)
Fixpoint scale (t : tree) : R :=
  match t with
  | Held x => Rabs x
  | Entered a | Opposite a => scale a
  | Plus a b | Minus a b => scale a + scale b
  | Times a b => scale a * scale b
  | Fma a b c => scale a * scale b + scale c
  end.

(* The errors: those that are relative to the scale, and those that come from underflow. *)
Fixpoint relative (t : tree) : R :=
  let product a b := scale a * relative b + relative a * scale b + relative a * relative b in
  match t with
  | Held x => 0
  | Entered a => relative a + u * (scale a + relative a)
  | Opposite a => relative a
  | Plus a b | Minus a b => relative a + relative b + u * (scale a + scale b + (relative a + relative b))
  | Times a b => product a b + u * (scale a * scale b + product a b)
  | Fma a b c => product a b + relative c + u * (scale a * scale b + scale c + (product a b + relative c))
  end.

Fixpoint absolute (t : tree) : R :=
  let product a b :=
    (scale a + relative a) * absolute b + absolute a * (scale b + relative b) + absolute a * absolute b in
  let rounded before := before + Rmax (u * before) e in
  match t with
  | Held x => 0
  | Entered a => absolute a + u * absolute a
  | Opposite a => absolute a
  | Plus a b | Minus a b => rounded (absolute a + absolute b)
  | Times a b => rounded (product a b)
  | Fma a b c => rounded (product a b + absolute c)
  end.

Lemma value_below_scale (t : tree) : Rabs (value t) <= scale t.
Proof.
  induction t; simpl.
  - lra.
  - assumption.
  - rewrite Rabs_Ropp. assumption.
  - eapply Rle_trans; [apply Rabs_triang | lra].
  - unfold Rminus. eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra.
  - rewrite Rabs_mult. apply Rmult_le_compat; try apply Rabs_pos; assumption.
  - eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_mult. apply Rplus_le_compat; [|assumption].
    apply Rmult_le_compat; try apply Rabs_pos; assumption.
Qed.

Lemma one_more_rounding (x X s E A a Z : R) :
  Rabs x <= s -> Rabs (X - x) <= E + A -> 0 <= E -> 0 <= A -> 0 <= a -> rounds u a X Z ->
  Rabs (Z - x) <= E + u * (s + E) + (A + Rmax (u * A) a).
Proof.
  intros S H HE P Q (d & h & D & HA & O & R). pose proof (magnitude _ _ _ H) as M.
  assert (0 <= E + A) by (pose proof (Rabs_pos (X - x)); lra).
  assert (T : Rabs (Z - X) <= u * (s + E) + Rmax (u * A) a).
  { pose proof (Rmax_l (u * A) a). pose proof (Rmax_r (u * A) a). rewrite R. apply Rmult_integral in O.
    destruct O as [O | O]; rewrite O.
    - replace (X * (1 + 0) + h - X) with h by ring. pose proof (Rabs_pos x).
      assert (0 <= u * (s + E)) by (apply Rmult_le_pos; lra). lra.
    - replace (X * (1 + d) + 0 - X) with (d * X) by ring. rewrite Rabs_mult.
      assert (Rabs d * Rabs X <= u * (s + E + A)) by (apply Rmult_le_compat; try apply Rabs_pos; lra). lra. }
  pose proof (two_errors _ _ _ _ _ T H). lra.
Qed.

Lemma product_distance (x y X Y s t E F : R) :
  Rabs x <= s -> Rabs y <= t -> Rabs (X - x) <= E -> Rabs (Y - y) <= F ->
  Rabs (X * Y - x * y) <= s * F + E * t + E * F.
Proof.
  intros S T A B. replace (X * Y - x * y) with (x * (Y - y) + (X - x) * y + (X - x) * (Y - y)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult. apply Rplus_le_compat.
  - eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult.
    apply Rplus_le_compat; apply Rmult_le_compat; try apply Rabs_pos; assumption.
  - apply Rmult_le_compat; try apply Rabs_pos; assumption.
Qed.

Lemma errors_positive (t : tree) : 0 <= scale t /\ 0 <= relative t /\ 0 <= absolute t.
Proof.
  assert (M : forall x, 0 <= x + Rmax (u * x) e \/ x < 0).
  { intros x. destruct (Rle_or_lt 0 x); [left | right; assumption]. pose proof (Rmax_r (u * x) e). lra. }
  induction t; simpl; repeat match goal with H : _ /\ _ |- _ => destruct H end.
  - pose proof (Rabs_pos x). lra.
  - repeat split; [assumption | nra | nra].
  - repeat split; assumption.
  - repeat split; [lra | nra | destruct (M (absolute t1 + absolute t2)); lra].
  - repeat split; [lra | nra | destruct (M (absolute t1 + absolute t2)); lra].
  - set (p := scale t1 * relative t2 + relative t1 * scale t2 + relative t1 * relative t2).
    set (q := (scale t1 + relative t1) * absolute t2 + absolute t1 * (scale t2 + relative t2)
              + absolute t1 * absolute t2).
    assert (0 <= p) by (unfold p; repeat apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra).
    assert (0 <= q) by (unfold q; repeat apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra).
    assert (0 <= scale t1 * scale t2) by (apply Rmult_le_pos; assumption).
    repeat split; [assumption | nra | destruct (M q); lra].
  - set (p := scale t1 * relative t2 + relative t1 * scale t2 + relative t1 * relative t2).
    set (q := (scale t1 + relative t1) * absolute t2 + absolute t1 * (scale t2 + relative t2)
              + absolute t1 * absolute t2).
    assert (0 <= p) by (unfold p; repeat apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra).
    assert (0 <= q) by (unfold q; repeat apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra).
    assert (0 <= scale t1 * scale t2) by (apply Rmult_le_pos; assumption).
    repeat split; [lra | nra | destruct (M (q + absolute t3)); lra].
Qed.

(* The one theorem about all trees. *)
Theorem every_tree (t : tree) (Z : R) : computes t Z -> Rabs (Z - value t) <= relative t + absolute t.
Proof.
  intros C. pose proof value_below_scale as V. pose proof errors_positive as P.
  assert (Q : forall a b, 0 <= (scale a + relative a) * absolute b + absolute a * (scale b + relative b)
                              + absolute a * absolute b).
  { intros a b. destruct (P a) as (? & ? & ?), (P b) as (? & ? & ?).
    repeat apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra. }
  assert (S : forall a b, 0 <= scale a * relative b + relative a * scale b + relative a * relative b).
  { intros a b. destruct (P a) as (? & ? & ?), (P b) as (? & ? & ?).
    repeat apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra. }
  assert (D : forall a b X Y, Rabs (X - value a) <= relative a + absolute a ->
              Rabs (Y - value b) <= relative b + absolute b ->
              Rabs (X * Y - value a * value b) <=
                scale a * relative b + relative a * scale b + relative a * relative b
                + ((scale a + relative a) * absolute b + absolute a * (scale b + relative b)
                   + absolute a * absolute b)).
  { intros a b X Y A B. pose proof (product_distance _ _ _ _ _ _ _ _ (V a) (V b) A B). lra. }
  induction C as [x | a X Z _ A R | a X _ A | a b X Y Z _ A _ B R | a b X Y Z _ A _ B R | a b X Y Z _ A _ B R
    | a b c X Y W Z _ A _ B _ E R]; simpl.
  - rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
  - destruct (P a) as (? & ? & ?).
    pose proof (one_more_rounding _ _ _ _ _ _ _ (V a) A ltac:(assumption) ltac:(assumption) (Rle_refl 0) R) as T.
    rewrite Rmax_left in T by (apply Rmult_le_pos; assumption). lra.
  - replace (- X - - value a) with (- (X - value a)) by ring. rewrite Rabs_Ropp. exact A.
  - destruct (P a) as (? & ? & ?), (P b) as (? & ? & ?).
    apply (one_more_rounding _ (X + Y)); [exact (V (Plus a b)) | | lra | lra | exact e_positive | exact R].
    replace (X + Y - (value a + value b)) with ((X - value a) + (Y - value b)) by ring.
    eapply Rle_trans; [apply Rabs_triang | lra].
  - destruct (P a) as (? & ? & ?), (P b) as (? & ? & ?).
    apply (one_more_rounding _ (X - Y)); [exact (V (Minus a b)) | | lra | lra | exact e_positive | exact R].
    replace (X - Y - (value a - value b)) with ((X - value a) + - (Y - value b)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra.
  - apply (one_more_rounding _ (X * Y)); [exact (V (Times a b)) | auto | apply S | auto | exact e_positive | exact R].
  - destruct (P c) as (? & ? & ?). specialize (Q a b).
    apply (one_more_rounding _ (X * Y + W)); [exact (V (Fma a b c)) | | specialize (S a b); lra | lra | exact e_positive | exact R].
    replace (X * Y + W - (value a * value b + value c)) with ((X * Y - value a * value b) + (W - value c)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. specialize (D a b X Y A B). lra.
Qed.

End Trees.
